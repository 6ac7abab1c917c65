"""Language models over HTTP, and how often they may be asked."""

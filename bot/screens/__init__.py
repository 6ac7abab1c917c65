"""What a button does: one module per noun, press in, screen out."""

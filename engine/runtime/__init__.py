"""What every running part needs: settings, clock, supervised tasks, logs."""

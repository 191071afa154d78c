"""When each channel speaks."""

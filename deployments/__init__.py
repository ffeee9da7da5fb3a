"""When and where flows run: catalogue, bootstrap, command line."""

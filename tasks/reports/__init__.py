"""What people look at: Markdown and HTML."""

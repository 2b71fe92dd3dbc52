"""What an establishment's own files say of its pupils, compared with what is recorded."""

"""What `pass-simulator card` and `pass-simulator pad` do: hands on a simulator that runs."""

"""Those who run the service: who they are, what they may see and do, and what is kept of it."""

"""Campaigns, benefits, grants: who has which wallet, who may spend it where."""

"""The till a shop already has: Caisse-AP over IP and Concert on a serial line."""

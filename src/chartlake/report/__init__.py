"""Marts → people: what changed, read through the warehouse's port alone.

trends   movers, new entries, exits, streaks, artists, and one item's history
status   what is there and what is missing
"""

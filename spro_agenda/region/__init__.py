"""The region: its networks, sites and aliases, and what people mean by what they type."""

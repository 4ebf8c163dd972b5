"""The region's seed data: region.toml and one iCalendar file a network."""

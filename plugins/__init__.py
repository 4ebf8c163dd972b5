"""What Radicale calls: translation between its words (href, item, collection) and the store's verbs. No logic."""

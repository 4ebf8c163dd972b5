"""iCalendar text to and from our records. The sender's text is kept as sent; what we do not know survives."""

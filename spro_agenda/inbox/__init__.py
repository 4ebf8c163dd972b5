"""Invitations in: what coordinators send by mail becomes events of their network (RFC 5546, RFC 6047).

letter      one mail as it arrived: whose it is, to whom, and the calendars in it
sender      the account that a letter is from, as far as a mailbox can tell
request     what a letter asks of one event: that it take place so (REQUEST), or that it be called off (CANCEL)
answer      what the sender is told, once
"""

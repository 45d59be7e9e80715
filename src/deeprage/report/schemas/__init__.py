"""What the report expects of each file of a run folder; anything else is refused at the door."""

"""How it is learnt: loop, objectives, schedules, checkpoints, run folders."""

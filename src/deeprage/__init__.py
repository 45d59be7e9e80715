"""deeprage: the expression of every gene in every condition, from promoters and regulators.

Rooms, from the bottom up: `data` (what is known), `networks` (what can be learnt), `training`
(how it is learnt), `baselines` (what it must beat), `evaluation` (what it is worth),
`interpretation` (what it says), `report` (how it is shown), `cli` (one module per verb).
A room imports only from rooms before it in this list.
"""

__version__ = "0.1.0"

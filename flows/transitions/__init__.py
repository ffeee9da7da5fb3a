"""Phase gates: which model serves which role changes only through here.

plans/  the phases as data          machine   the table of moves: state and facts in, next step out (pure)
story   a gate as its entries tell  facts     what a decision needs, gathered
moving  one gate, one step further  lineups   every write to a lineup block
gate    the flow people see         watch     drives all waiting gates
"""

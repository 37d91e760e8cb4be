"""Who may do what: accounts by duty number, roles, area subtrees; sessions and tokens; the policy of every route."""

"""Values as people say them, made into values a database can hold. One small file a kind of value.

Every function returns None when it is not sure: a guess in a CRM is worse than a gap.
"""

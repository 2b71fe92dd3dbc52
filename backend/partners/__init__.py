"""Partners, their outlets, their terminals (enrolment, keys, tokens)."""

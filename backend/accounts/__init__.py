"""People: beneficiaries and the activation of their account."""

"""What local organisations send: submissions of social prescribing, champions and coproduction."""

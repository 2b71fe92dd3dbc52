"""A gate that opens without a code, and with the line to its backend cut."""


def test_the_gate_opens(pass_gate, pass_card):
    assert pass_gate.pass_with(pass_card)["answer"] == "OK"


def test_it_remembers_who_passed_without_its_backend(pass_gate, pass_card, pass_backend):
    pass_backend.line.set_faults(pass_backend.line.faults.model_copy(update={"down": True}))
    assert pass_gate.pass_with(pass_card)["answer"] == "DEJA_PASSE"

"""What one session is to do, from its number alone."""

EXTERNAL = "external"
TYPES = ["clarification", "decision", "env_var", "permission"]
# Five external agents to three workflows; among the former every type of request, and two whose questions expire.
KINDS = [
    (EXTERNAL, "clarification", None), (EXTERNAL, "decision", None), (EXTERNAL, "env_var", None),
    (EXTERNAL, "permission", None), ("errand", "clarification", None), ("parcel", "decision", None),
    ("payment", "permission", None), (EXTERNAL, "clarification", 4), (EXTERNAL, "env_var", None),
    (EXTERNAL, "permission", 3), ("errand", "clarification", None), ("parcel", "decision", None),
]
# How it is answered: (people, at once; the same person twice at once; stored first).
MANNERS = [
    ((0,), False, False), ((0, 1), False, False), ((1,), True, False), ((0,), False, True), ((0, 1), False, True),
    ((1, 0), True, False), ((1,), False, False),
]


class Story:
    """One session: who runs it, what it asks, who answers, and how."""

    def __init__(self, number):
        self.number = number
        self.id = f"fault-{number:05}"
        self.agent, self.type, self.expires_in = KINDS[number % len(KINDS)]
        turn = number // len(KINDS) + number  # so that every manner meets every kind
        self.people, self.is_doubled, self.is_async = MANNERS[turn % len(MANNERS)]
        self.has_keys = turn % 3 != 0
        self.is_watched = number % 16 == 3
        self.speaks = number % 4 == 1

    @property
    def is_external(self):
        return self.agent == EXTERNAL

    def question(self):
        context = {"n": self.number, "fill": "x" * 300}
        asked = {"type": self.type, "title": f"Question {self.number}", "context": context}
        if self.expires_in:
            asked["expires_in"] = self.expires_in
        if self.type == "permission":
            return {**asked, "tool": "bill", "arguments": {"order": self.id, "amount": "1700.00"}, "allow_edit": True}
        if self.type == "decision":
            return {**asked, "options": [{"id": "left", "label": "Left"}, {"id": "right", "label": "Right"}]}
        if self.type == "clarification":
            return {**asked, "question": "Which colour?", **({"default": "grey"} if self.expires_in else {})}
        return {**asked, "tool": "deploy", "fields": [{"name": "TOKEN"}, {"name": "REGION", "secret": False}]}

    def response(self, person):
        """Two people never say the same, so that it shows whose answer counted."""
        if self.type == "permission":
            if person == 0:
                return {"action": "approve"}
            if self.is_external:
                return {"action": "edit", "arguments": {"order": self.id, "amount": "1600.00"}}
            return {"action": "reject", "feedback": "not this year"}
        if self.type == "decision":
            return {"decision": ["left", "right"][person]}
        if self.type == "clarification":
            return {"answer": f"{['blue', 'red'][person]} for {self.id}"}
        return {"values": {"TOKEN": self.secret(person), "REGION": f"eu-{person}"}}

    def secret(self, person):
        return f"secret-{self.number}-of-{person}"

"""One session, as its agent and the people who answer it take it from its start to its end."""

import asyncio

ENDS = ("completed", "failed", "cancelled")
LOOK_SECONDS = (6, 12)  # how often one looks for news that nobody told


class Unexpected(Exception):
    """An answer that must not come; the sentence says which."""


class Session:
    """What happens around one story."""

    def __init__(self, client, story):
        self.client, self.story = client, story
        self.caller, self.base = client.caller, client.base
        self.agent_key, *self.people_keys = client.keys
        self.path = f"{self.base}/sessions/{story.id}"
        self.news = asyncio.Event()
        self.tasks = []  # what people do beside it

    async def play(self):
        story = self.story
        given = {"order": story.id, "base": f"{self.client.service}/{story.id}"}
        await self.post("start", f"{self.base}/sessions", {"agent": story.agent, "id": story.id, "input": given})
        if story.speaks:
            await self.post("message", f"{self.path}/messages", {"text": f"hello from {story.id}"})
        await (self._drive() if story.is_external else self._attend())

    async def post(self, op, path, body, **about):
        """A command of the agent's, until it is applied."""
        reply = await self.caller.act(
            op, path, self.agent_key, body, idem=f"{self.story.id}-{op}",
            is_async=self.story.is_async and op != "start", session=self.story.id, **about)
        if reply.status not in (200, 201):
            raise Unexpected(f"{op}: {reply.status} {reply.value}")
        return reply.value

    # An external agent

    async def _drive(self):
        await self.post("step", f"{self.path}/steps", {"name": "prepared", "data": {"n": self.story.number}})
        request = await self._open()
        self._begin(self._answer(request))
        found = await self._closed(request)
        if self.story.type == "env_var" and found["status"] == "answered":
            await self._fetch(request)
        await self.post("act", f"{self.path}/steps", {"name": "acted", "data": {"status": found["status"]}})
        await asyncio.gather(*self.tasks)
        await self.post("end", f"{self.path}/complete", {"output": {"status": found["status"]}})

    async def _open(self):
        """The id of the question; whoever was told only that it was stored, and applied then, finds it in the list."""
        told = await self.post("open", f"{self.path}/requests", self.story.question())
        if told:
            return told["id"]
        reply = await self.caller.get(f"{self.base}/requests?session={self.story.id}&limit=1", self.agent_key)
        if reply.status != 200:
            raise Unexpected(f"the list of requests: {reply.status}")
        return reply.value["items"][0]["id"]

    async def _closed(self, request):
        while True:
            await self._await_news()
            reply = await self.caller.get(f"{self.base}/requests/{request}", self.agent_key, Prefer="wait=2")
            if reply.status != 200:
                raise Unexpected(f"{request}: {reply.status}")
            if reply.value["status"] != "pending":
                return reply.value

    async def _fetch(self, request):
        """Secrets are for whoever asked, and for nobody else."""
        reply = await self.caller.act(
            "secret", f"{self.base}/requests/{request}/secret", self.agent_key, {}, session=self.story.id,
            request=request)
        if reply.status != 200:
            raise Unexpected(f"the secret of {request}: {reply.status}")
        self.client.record.note(
            "secret", session=self.story.id, request=request, token=reply.value["values"].get("TOKEN"))

    # A workflow

    async def _attend(self):
        asked = set()
        while True:
            view = (await self.caller.get(self.path, self.agent_key)).value
            if view["status"] in ENDS:
                break
            for request in view["open_requests"]:
                if request["id"] not in asked:
                    asked.add(request["id"])
                    is_lost_call = request.get("decision_type") == "unknown_outcome"
                    self._begin(self._judge(request) if is_lost_call else self._answer(request["id"]))
            await self._await_news()
        await asyncio.gather(*self.tasks)

    def _begin(self, deed):
        task = asyncio.create_task(deed)
        task.add_done_callback(self._note_end)
        self.tasks.append(task)

    def _note_end(self, task):
        if not task.cancelled():
            task.exception()  # known now: whoever awaits the news raises it
        self.news.set()

    async def _judge(self, request):
        """Answers a question about a call whose outcome is unknown, by what the service's own ledger says."""
        key = f"{self.client.scope}:{self.story.id}:{request['context']['call']}"
        response = {"decision": "done" if self.client.was_made(key) else "repeat"}
        self.client.record.note(
            "judged", session=self.story.id, request=request["id"], call=key, response=response)
        await self._respond(request["id"], 0, response, False)

    async def _await_news(self):
        try:
            async with asyncio.timeout(self.client.random.uniform(*LOOK_SECONDS)):
                await self.news.wait()
        except TimeoutError:
            pass
        self.news.clear()
        for task in self.tasks:
            if task.done():
                task.result()  # raises what went wrong there

    # The people

    async def _answer(self, request):
        story = self.story
        # Who answers a question that expires does so about when it does.
        low, high = (1, story.expires_in + 1) if story.expires_in else self.client.think
        await self.client.pause(low, high)
        people = [person for person in story.people for _ in range(1 + story.is_doubled)]
        ports = self.client.random.sample(self.client.ports, min(len(people), len(self.client.ports)))
        tasks = [
            self._respond(request, person, story.response(person), story.is_async, ports[number % len(ports)])
            for number, person in enumerate(people)]
        await asyncio.gather(*tasks)

    async def _respond(self, request, person, response, is_async, port=None):
        story = self.story
        idem = f"{story.id}-{request[-12:]}-of-{person}" if story.has_keys else None
        reply = await self.caller.act(
            "answer", f"{self.base}/requests/{request}/respond", self.people_keys[person],
            {"response": response, "comment": f"by {person}"}, idem=idem, is_async=is_async, port=port,
            session=story.id, request=request, person=person, response=response)
        # What else was told to whom is judged at the end, from the record.
        if reply.status not in (200, 409, 410):
            raise Unexpected(f"answer: {reply.status} {reply.value}")

"""Many runs of the workflow at once, while the server is killed from outside at random moments."""

import http.client
import random
import time

from lane import BASE, ENDS, PAUSE_SECONDS, Run, Stuck

KILLS_PER_RUN = 0.4
LONGEST_LIFE_SECONDS = 2.5
STORM_SECONDS = 400


class Storm:
    """One server, its deaths, and one person who answers whatever any of the runs asks."""

    def __init__(self, lane, count, seed):
        self.lane = lane
        self.runs = [Run(f"storm-{number}", None, 0) for number in range(count)]
        self.of_session = {run.name: run for run in self.runs}
        self.random = random.Random(seed)
        self.kills = 0
        self.most_kills = round(count * KILLS_PER_RUN)

    def play(self):
        self.lane.launch()
        self._plan_death()
        unstarted, running = list(self.runs), {run.name for run in self.runs}
        end = time.monotonic() + STORM_SECONDS
        while unstarted or running:
            if time.monotonic() > end:
                raise Stuck(f"{len(running)} runs have no end after {STORM_SECONDS} s")
            self._kill_if_due()
            try:
                if unstarted:
                    if self._start(unstarted[-1]):
                        unstarted.pop()
                elif not self._answer_all():
                    running -= self._ended(running)
                    time.sleep(PAUSE_SECONDS)
            except (OSError, http.client.HTTPException):
                time.sleep(PAUSE_SECONDS)
        for run in self.runs:
            run.deaths = self.kills
            self.lane.read(run)
        if self.lane.stop() != 0:
            raise Stuck("the server did not stop well")

    def _plan_death(self):
        self.death = time.monotonic() + self.random.uniform(0.2, LONGEST_LIFE_SECONDS)

    def _kill_if_due(self):
        if self.lane.process.poll() is not None:
            raise Stuck(f"the server ended by itself with status {self.lane.process.returncode}")
        if self.kills < self.most_kills and time.monotonic() > self.death:
            self.lane.process.kill()
            self.lane.process.wait()
            self.kills += 1
            self.lane.launch()
            self._plan_death()

    def _once(self, method, path, body=None):
        return self.lane.api.once(method, BASE + path, body, timeout=10)

    def _start(self, run):
        return self._once("POST", "/sessions", self.lane.start_of(run))[0] in (200, 201)

    def _answer_all(self):
        """Answers what is asked; how many questions there were."""
        status, page = self._once("GET", "/requests?status=pending&limit=100")
        items = page["items"] if status == 200 else []
        for request in items:
            self._kill_if_due()
            run = self._run(request["session"])
            response = self.lane.opinion(run, request)
            status, problem = self._once("POST", f"/requests/{request['id']}/respond", {"response": response})
            if status == 200:
                run.answers.append((request["id"], response))
            elif status not in (202, 503):
                run.wrong.append(f"an answer got {status} {problem}")
        return len(items)

    def _run(self, session):
        """The run that a session belongs to, by way of the session that started it."""
        while session not in self.of_session:
            status, value = self._once("GET", f"/sessions/{session}")
            if status != 200:
                raise http.client.HTTPException(status)
            self.of_session[session] = self._run(value["parent"])
        return self.of_session[session]

    def _ended(self, names):
        ended = set()
        for name in names:
            self._kill_if_due()
            status, value = self._once("GET", f"/sessions/{name}")
            if status == 200 and value["status"] in ENDS:
                ended.add(name)
        return ended

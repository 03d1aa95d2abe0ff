"""The official Python client in its synchronous form, used as its README shows.

`client.py URL CONTACTS` reads lines of a case and a number of calls. For each line it prints the elapsed time and the
CPU time in nanoseconds, like `bench-client`.
"""

import sys
import time

from sendblue_api import NotFoundError, SendblueAPI

url, contacts = sys.argv[1], int(sys.argv[2])
client = SendblueAPI(api_key="key-id", api_secret="secret-key", base_url=url)
unknown_number = f"+1415{contacts:07}"


def retrieve():
    assert client.contacts.retrieve("+14150000000").contact.phone == "+14150000000"


def not_found():
    try:
        client.contacts.retrieve(unknown_number)
    except NotFoundError as error:
        assert error.body["error_message"]
    else:
        raise AssertionError("the contact exists")


def create():
    created = client.contacts.create(
        number="+14150000000", body_first_name_1="Grace", body_last_name_1="Hopper", tags=["newsletter"]
    )
    assert created.contact.phone == "+14150000000"


def list_contacts(limit):
    assert len(client.contacts.list(limit=limit)) == min(limit, contacts)


CASES = {
    "retrieve": retrieve,
    "not-found": not_found,
    "create": create,
    "list-100": lambda: list_contacts(100),
    "list-1000": lambda: list_contacts(1000),
}

for line in sys.stdin:
    case, calls = line.split()
    run = CASES[case]
    started, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(int(calls)):
        run()
    print(time.perf_counter_ns() - started, time.process_time_ns() - cpu, flush=True)

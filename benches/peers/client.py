"""The official Python client, as its README shows it, told what to do as `bench-client` is: `client.py URL CONTACTS`.

The synchronous client. It reads lines of a case and how often to do it, and answers each with the nanoseconds that passed
and those that the processor was busy with it.
"""

import sys
import time

from sendblue_api import NotFoundError, SendblueAPI

url, contacts = sys.argv[1], int(sys.argv[2])
client = SendblueAPI(api_key="key-id", api_secret="secret-key", base_url=url)
absent = f"+1415{contacts:07}"


def retrieve():
    assert client.contacts.retrieve("+14150000000").contact.phone == "+14150000000"


def missing():
    try:
        client.contacts.retrieve(absent)
    except NotFoundError as error:
        assert error.body["error_message"]
    else:
        raise AssertionError("it is there")


def create():
    created = client.contacts.create(
        number="+14150000000", body_first_name_1="Grace", body_last_name_1="Hopper", tags=["newsletter"]
    )
    assert created.contact.phone == "+14150000000"


def list_contacts(limit):
    assert len(client.contacts.list(limit=limit)) == min(limit, contacts)


CASES = {
    "retrieve": retrieve,
    "missing": missing,
    "create": create,
    "list-100": lambda: list_contacts(100),
    "list-1000": lambda: list_contacts(1000),
}

for line in sys.stdin:
    case, times = line.split()
    work = CASES[case]
    started, busy = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(int(times)):
        work()
    print(time.perf_counter_ns() - started, time.process_time_ns() - busy, flush=True)

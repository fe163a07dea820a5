"""The workflows that the sessions run: each asks a person once, and calls a service that keeps a ledger."""

from people import ERRAND

# A choice; calls that may be repeated, and one that may not.
PARCEL = """
document: { dsl: '1.0.3', namespace: faults, name: parcel, version: '1.0.0' }
do:
  - choose:
      call: human
      with:
        type: decision
        title: '${ "How does " + .order + " travel?" }'
        options: [{ id: left }, { id: right }]
      output: { as: '{by: .decision}' }
      export: { as: '$context + {by: .by}' }
  - label:
      call: http
      with:
        method: put
        endpoint: ${ $context.base + "/labels" }
        body: '${ {order: $context.order, by: $context.by} }'
  - price:
      call: http
      with: { method: get, endpoint: '${ $context.base + "/prices/lamp" }' }
  - send:
      call: http
      with:
        method: post
        endpoint: ${ $context.base + "/parcels" }
        body: '${ {order: $context.order, by: $context.by} }'
  - conclude:
      set: ${ $context | {order, by} }
"""

# A call that a person allows or not.
PAYMENT = """
document: { dsl: '1.0.3', namespace: faults, name: payment, version: '1.0.0' }
do:
  - pay:
      try:
        - payIfAllowed:
            call: human
            with:
              type: permission
              title: '${ "Pay for " + .order + "?" }'
              perform:
                call: http
                with:
                  method: post
                  endpoint: ${ $context.base + "/payments" }
                  body: '${ {order: $context.order, amount: "1700.00"} }'
            output: { as: '{paid: true}' }
      catch:
        when: $error.type == "urn:holdpoint:problem:request_rejected"
        do:
          - say:
              set: { paid: false }
"""

DOCUMENTS = {"errand": ERRAND, "parcel": PARCEL, "payment": PAYMENT}


def expected_effects(agent, order, response):
    """What the service is to be told because of a person's answer: (method, path, body), each once."""
    if agent == "errand":
        return [("POST", "/deliveries", {"order": order, "to": response["answer"]})]
    if agent == "parcel":
        body = {"order": order, "by": response["decision"]}
        return [("PUT", "/labels", body), ("GET", "/prices/lamp", None), ("POST", "/parcels", body)]
    if agent == "payment" and response["action"] == "approve":
        return [("POST", "/payments", {"order": order, "amount": "1700.00"})]
    return []

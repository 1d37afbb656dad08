"""Keys of a request's environment: what the front, Flask and the views tell each other."""

REQUEST_ID = "steelyard.request_id"
ROUTE = "steelyard.route"
BODY_FILE = "steelyard.body_file"  # the body, if it is a file
LEFT = "steelyard.left"  # what a view leaves to the event loop
IS_AGAIN = "steelyard.again"  # the view is called again after that

"""A topic with a queue behind it, at an address: `make` prints the topic's name, `read` the message that arrived in the queue."""

import sys

import boto3

url, step = sys.argv[1:]
client = {name: boto3.client(name, "us-east-1", endpoint_url=url, aws_access_key_id="x", aws_secret_access_key="x") for name in ("sns", "sqs")}
if step == "make":
    topic = client["sns"].create_topic(Name="costs")["TopicArn"]
    queue = client["sqs"].create_queue(QueueName="costs")["QueueUrl"]
    arn = client["sqs"].get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    print(topic)
else:
    queue = client["sqs"].get_queue_url(QueueName="costs")["QueueUrl"]
    print(client["sqs"].receive_message(QueueUrl=queue)["Messages"][0]["Body"])

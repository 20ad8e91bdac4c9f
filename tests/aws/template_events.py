"""What must be so in the safety net, from bucket to function: a function for each property."""

from __future__ import annotations

from tests.aws.template_properties import every, resource_policy
from tests.aws.template_values import ACCOUNT, NAME, Resources


def commits_are_told_to_the_topic(resources: Resources) -> None:
    if "DataBucket" not in resources:
        return
    bucket = resources["DataBucket"]
    assert bucket["DependsOn"] == "BucketEventsPolicy"
    told = bucket["Properties"]["NotificationConfiguration"]["TopicConfigurations"]
    assert all(each["Topic"].endswith("-bucket-events") for each in told)
    assert all(each["Event"] == "s3:ObjectCreated:*" for each in told)
    prefixes = [rule["Value"] for each in told for rule in each["Filter"]["S3Key"]["Rules"]]
    assert prefixes == ["lake/manifests/", "lake/builds/"]


def only_the_bucket_publishes_events(resources: Resources) -> None:
    topic = f"arn:aws:sns:eu-central-1:{ACCOUNT}:{NAME}-bucket-events"
    policy = resource_policy(resources, "SNS::TopicPolicy", "Topics", topic)
    allowed = {each["Sid"]: each for each in policy if each["Effect"] == "Allow"}
    assert set(allowed) == {"TheBucketPublishes", "TheAccountSubscribes"}
    publish = allowed["TheBucketPublishes"]
    assert publish["Principal"] == {"Service": "s3.amazonaws.com"}
    assert publish["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    bucket = resources["LakeBucket"]["Properties"]["Value"]
    expected = bucket.replace("1a2b3c4d5e6f", "*") if "DataBucket" in resources else bucket
    assert publish["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:s3:::{expected}"}
    subscribe = allowed["TheAccountSubscribes"]
    assert subscribe["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert "sns:Subscribe" in subscribe["Action"]


def the_queue_waits_and_gives_up(resources: Resources) -> None:
    queue = resources["TransformQueue"]["Properties"]
    function = resources["TransformFunction"]["Properties"]
    source = resources["TransformEvents"]["Properties"]
    assert queue["DelaySeconds"] == 900
    window = source["MaximumBatchingWindowInSeconds"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window
    redrive = queue["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"].endswith("-transform-dead-letters")
    assert redrive["maxReceiveCount"] >= 5
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["EventSourceArn"].endswith(queue["QueueName"])


def the_queue_gets_manifests_alone(resources: Resources) -> None:
    subscription = resources["TransformSubscription"]["Properties"]
    assert subscription["RawMessageDelivery"] is True
    assert subscription["FilterPolicyScope"] == "MessageBody"
    keys = subscription["FilterPolicy"]["Records"]["s3"]["object"]["key"]
    assert keys == [{"prefix": "lake/manifests/"}, {"prefix": "lake%2Fmanifests%2F"}]
    queue = subscription["Endpoint"].rpartition(":")[2]
    url = f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/{queue}"
    policy = resource_policy(resources, "SQS::QueuePolicy", "Queues", url)
    (sender,) = [each for each in policy if each["Effect"] == "Allow"]
    assert sender["Condition"] == {"ArnEquals": {"aws:SourceArn": subscription["TopicArn"]}}


def what_publish_could_not_do_is_kept(resources: Resources) -> None:
    """When nothing waited for it: the state machine does for its own."""
    later = resources["PublishLater"]["Properties"]
    function = resources["PublishFunction"]["Properties"]
    assert (later["FunctionName"], later["Qualifier"]) == (function["FunctionName"], "$LATEST")
    assert later["MaximumRetryAttempts"] == 1
    queue = resources["PublishDeadLetters"]["Properties"]["QueueName"]
    kept = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:{queue}"
    assert later["DestinationConfig"] == {"OnFailure": {"Destination": kept}}
    (policy,) = resources["PublishRole"]["Properties"]["Policies"]
    rights = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    assert rights["KeepWhatFailed"]["Action"] == "sqs:SendMessage"
    assert rights["KeepWhatFailed"]["Resource"] == kept


def queues_and_topics_are_encrypted(resources: Resources) -> None:
    for queue in every(resources, "SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    for topic in every(resources, "SNS::Topic").values():
        assert ("KmsMasterKeyId" in topic) == ("KeyPolicy" in resources)

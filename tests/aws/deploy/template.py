"""A template with a little of everything that the commands look at."""

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  ArtefactsBucket: {Type: String}
  CodeKey: {Type: String}
  ExistingBucket: {Type: String, Default: ""}
  CuratedBucket: {Type: String, Default: "no"}
  LakePrefix: {Type: String, Default: lake}
  ScheduleExpression: {Type: String, Default: "cron(5 * * * ? *)"}
  StaleAfterHours: {Type: Number, Default: 3}
Conditions:
  MakesBucket: !Equals [!Ref ExistingBucket, ""]
Resources:
  Data:
    Type: AWS::S3::Bucket
    Condition: MakesBucket
    DeletionPolicy: Retain
  DeadLetters:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-dead-letters"
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
      RoleArn: arn:aws:iam::123456789012:role/runs
  Stale: # of a kind that moto leaves out
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "${AWS::StackName}-stale"
Outputs:
  Prefix:
    Value: !Ref LakePrefix
"""

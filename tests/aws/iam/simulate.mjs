// Reads a JSON list of requests with their policies on stdin; writes, for each, whether AWS's rules
// allow it, or why the question makes no sense. tests/aws/iam_simulation.py asks.
import { readFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";

const named = (policies) => policies.map((policy, index) => ({ name: `policy-${index}`, policy }));

async function answer({ principal, action, resource, account, context, identity, resourcePolicy }) {
  const found = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      identityPolicies: named(identity),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: resourcePolicy ?? undefined,
    },
    {},
  );
  if (found.resultType === "error") return { error: JSON.stringify(found.errors) };
  const results = found.resultType === "single" ? [found.result] : found.results;
  // a condition that is never looked at would make any answer look right
  const ignored = results.flatMap((each) => each.ignoredContextKeys ?? []);
  return { result: found.overallResult, ignored };
}

const questions = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const question of questions) answers.push(await answer(question));
process.stdout.write(JSON.stringify(answers));

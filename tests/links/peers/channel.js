// One JSON object per line: commands on stdin, answers and events on stdout.
"use strict";

const readline = require("readline");

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

// `operations`: name -> async (command) => result object. Ends the process when stdin ends.
function listen(operations, close) {
  const lines = readline.createInterface({ input: process.stdin });
  let last = Promise.resolve();
  lines.on("line", (line) => {
    const command = JSON.parse(line);
    last = last.then(async () => {
      try {
        const result = await operations[command.op](command);
        say({ answer: command.id, ...result });
      } catch (error) {
        say({ answer: command.id, error: String(error && error.message ? error.message : error) });
      }
    });
  });
  lines.on("close", () => {
    last.then(close).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}

module.exports = { say, listen };

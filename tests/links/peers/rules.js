// Control logic of the peers: the first matching rule of each list sets its outputs.
//
// A program is a list of lists of rules: {when: {tag: value, ...}, for_ms: 200, set: {tag: value, ...}}.
// `when` must hold for `for_ms` (0 if not given). `set` writes only what differs. Names that begin with
// "_" are the program's own memory.
"use strict";

class Rules {
  constructor(program, now) {
    this.program = program;
    this.now = now;
    this.since = new Map(); // rule -> time since which its condition holds
  }

  // `image`: tag -> value. Returns {tag: value} of outputs to change.
  evaluate(image) {
    const set = {};
    const t = this.now();
    for (const list of this.program) {
      let done = false;
      for (const rule of list) {
        const holds = Object.entries(rule.when).every(([tag, value]) => image[tag] === value);
        if (!holds) {
          this.since.delete(rule);
          continue;
        }
        if (!this.since.has(rule)) this.since.set(rule, t);
        if (!done && t - this.since.get(rule) >= (rule.for_ms || 0)) {
          done = true;
          for (const [tag, value] of Object.entries(rule.set)) {
            if (image[tag] !== value) set[tag] = value;
          }
        }
      }
    }
    return set;
  }
}

module.exports = { Rules };

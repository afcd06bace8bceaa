"""A belt whose PLC reads values that run between events: an encoder, a laser, an eye."""

PROGRAM = """
VAR_GLOBAL
  I_Count AT %ID0 : DINT; I_Gap AT %ID4 : REAL; I_Pe AT %IX10.0 : BOOL;
  Q_Run AT %QX0.0 : BOOL; Q_Zero AT %QX0.1 : BOOL; Q_Slow AT %QX0.2 : BOOL;
  Q_Near AT %QX0.4 : BOOL; Q_Stop AT %QX0.3 : BOOL;
END_VAR
PROGRAM MAIN
VAR pause : TON; rise : R_TRIG; marks : INT; END_VAR
pause(IN := NOT Q_Run, PT := T#300ms);
IF I_Count >= 600 THEN Q_Run := FALSE; END_IF
IF pause.Q THEN Q_Run := TRUE; END_IF
Q_Zero := pause.Q;
Q_Stop := I_Gap < 0.4;
rise(CLK := I_Pe);
IF rise.Q THEN marks := marks + 1; END_IF
Q_Slow := marks MOD 2 = 1;
END_PROGRAM
"""
PLANT = """
src: {type: source, product: box, every: {exponential: 3 s}, to: b}
b: {type: belt, length: 4 m, speed: 0.5 m/s, acceleration: 0.7 m/s2, to: out, tags: {run: Q_Run}}
out: {type: sink}
e: {type: encoder, along: b, at: 1 m, counts: 1000, tags: {count: I_Count, zero: Q_Zero}}
l: {type: laser_distance, along: b, at: 3.5 m, range: 1.5 m, tags: {distance: I_Gap}}
s: {type: stopper, along: b, at: 3 m, tags: {raise: Q_Stop}}
pe: {type: photo_eye, along: b, at: 2 m, tags: {blocked: I_Pe}}
lamp: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {red: Q_Slow}}
"""

"""What `--help` teaches, beyond a line for each option."""

SERVE = """\
the configuration, in TOML (every value can also come as PASS_SIMULATOR_<NAME>):

  run_dir = "/tmp/pass"              # the PC/SC daemon's folder; not below /run
  control_port = 9260                # on 127.0.0.1; 0 lets the system choose
  cards_dir = "/home/me/cards"       # keeps the cards, a file each; without it they are forgotten
  pcscd = "private"                  # or "machine": the machine's own, with readers it has

  [[readers]]
  name = "Pass Counter"              # as PC/SC will show it, followed by 00 00

  [pad]
  link = "/tmp/pass/pad"             # the path a terminal opens as its serial port
  key_file = "/tmp/pass/pad-key.json"  # {"initial_key": 32 hex, "initial_key_id": 16 hex}

when ready it prints one line:
  {"ready": true, "pcscd_socket": "...", "pad": "...", "control": "http://127.0.0.1:9260"}
and then, in another terminal:
  pass-simulator card new LEA
  pass-simulator card tap LEA --reader "Pass Counter" --hold 2s
  pass-simulator pad keys 1234E

the same over HTTP, and more (`/openapi.json` lists it all; `/events` tells what the wires carry):
  curl -X POST  .../cards -H 'Content-Type: application/json' -d '{"name":"LEA","kind":"blank"}'
  curl -X PUT   .../readers/Pass%20Counter/card -H ... -d '{"card":"LEA"}'
  curl -N       .../events
"""

COUNTER = """\
the same configuration as `serve`, and what the page shows besides:

  [[screens]]                        # a terminal's page in a frame; the terminal allows it with
  name = "Caisse 1"                  #   framed_by = ["http://127.0.0.1:9260"]
  url = "http://127.0.0.1:8101/"

  [[lines]]                          # a line to a backend: its calls are seen, and it can fail
  name = "Caisse 1"
  port = 8104                        # the terminal's backend_url is then http://127.0.0.1:8104
  backend_url = "http://127.0.0.1:8000"

  [turnstile]                        # of a gate: kind = "lcus", "numato", "modbus-rtu", "osdp"
  link = "/tmp/pass/turnstile"
  wiring = "secure"                  # or "safe"

  [printer]                          # a ticket printer: kind = "network", host = "127.0.0.1"
  port = 8106

Open the address it prints as `control` in a browser on this machine.

"""

EXIT_STATUS = """\
exit status:
  0    done
  1    refused: the card, the reader or the pad is not there, or not free; the message says which
  2    the command line or the configuration is wrong; the message says what to change
  3    no simulator answers at that address
  4    `card tear`: the card was asked too little to be torn in that time
  5    `scenario run`: played to its end, and some acts were refused
  130  interrupted; a card that was held is taken away first

With --json the answer is one line of JSON on standard output, and a refusal is
{"code": "...", "message": "..."} on standard error. PASS_SIMULATOR_CONTROL stands for --control.
"""

CARD = """\
a first tap, with `pass-simulator serve` running in another terminal:
  pass-simulator card new LEA                 a blank DESFire, as delivered
  pass-simulator card tap LEA --hold 2s       hold it on the reader for two seconds
  pass-simulator card list

break it:
  pass-simulator card tear LEA --after 3      pull it during the fourth command, this once
  pass-simulator card fault LEA --slow 500ms  answer late, at every tap
  pass-simulator card fault LEA --none        heal it
  pass-simulator card clone LEA COPIE         the UID of LEA, none of its keys

without a simulator, in a folder (`cards_dir` of its configuration):
  pass-simulator card new LEA --cards-dir ~/cards

"""

KINDS = """\
kinds of card:
  blank       a DESFire EV2 as delivered (the default)
  ev1         its elder, which does not know AuthenticateEV2First
  ev3         its successor
  random-uid  a DESFire that tells its UID only to who is authenticated
  foreign     a DESFire of another issuer
  clone       the UID of another card (--of), none of its keys
  bank        a payment card: answers SELECT 2PAY.SYS.DDF01
  phone       another UID at each tap, no application
  iso7816     a bare ISO 7816 card: a master file and EF.DIR
  trace       says again, in order, what a card said in a trace of `pass-terminal trace` (--file)

"""

FAULTS = """\
Each stays, in the card's file too, until it is `off`; counts begin anew at every tap.
What the reader answers itself (the UID) is not counted.

  --tear-after 3     three commands are answered; the card leaves during the fourth
  --loses answer     ... and has obeyed it (the default); `command`: it never got it
  --slow 500ms       each answer takes that much longer, up to 10s
  --mute-after 2     two commands are answered, then nothing more
  --corrupt 2        one byte of the second answer is wrong
  --random-uid       another UID at each power-on

"""

TURNSTILE = """\
  pass-simulator turnstile show              locked or free, and how many went through
  pass-simulator turnstile push              go through, if it is free
  pass-simulator turnstile push --force      go through without being let
  pass-simulator turnstile open              hold the door open; `close` lets it fall shut
  pass-simulator turnstile faults --stuck-arm   break a part; without an option, mend all
  pass-simulator turnstile panel             the fire panel frees it; `panel --over` ends that
  pass-simulator turnstile unplug            pull its cable; `plug` puts it back

"""

PAD = """\
  pass-simulator pad show              the two lines of the display
  pass-simulator pad keys 1234E        type a code; E validates, B clears, C cancels
  pass-simulator pad keys - <<< 1234E  the same, out of sight of a list of processes
  pass-simulator pad unplug            pull the cable; `plug` puts it back

"""

SCENARIO = """\
two come with the program, by their names:
  pass-simulator scenario run lunch-rush --speed 10
  pass-simulator scenario run bookshop-saturday --codes codes.toml \\
      --till http://127.0.0.1:8101 --till-token var/demo/caisse/till-token

codes.toml has a line for each card, and nobody else has them:
  LEA = "…"

The same file with the same --seed gives the same acts: `scenario show` writes them without doing
them. `scenario record FILE` writes down what hands do on a running simulator, until Ctrl-C; a code
that was typed becomes an act that asks --codes for it.

"""

"""What the tests of the keypad's keys share."""

KEY_ID = bytes.fromhex("9250000100000007")
ACCOUNT = "9250000000000018"
NO_RANDOM = bytes

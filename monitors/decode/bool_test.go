package decode

import "testing"

func TestParseBool(t *testing.T) {
	for text, want := range map[string]string{
		"true": "true", "TRUE": "true", "t": "true", "Yes": "true", "Y": "true", "1": "true",
		"false": "false", "False": "false", "F": "false", "no": "false", "n": "false", "0": "false",
		"": "", "2": "", "10": "", "truee": "", "ja": "", "on": "",
	} {
		got := ""
		if v, ok := ParseBool([]byte(text)); ok && v {
			got = "true"
		} else if ok {
			got = "false"
		}
		if got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

package email

import (
	"github.com/wneessen/go-mail"

	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
)

// digestView is what the letter of a digest says.
type digestView struct {
	Title, Span, Footer, URL string
	Parts                    []notify.Part
}

// digest makes the letter of a digest. Each is one of its own.
func (r *Receiver) digest(d *summary.Digest) (*mail.Msg, error) {
	v := digestView{Title: notify.DigestTitle(d), Span: notify.DigestSpan(d), Footer: notify.DigestFooter(d), Parts: notify.DigestParts(d)}
	if notify.IsWebURL(d.URL) {
		v.URL = d.URL
	}
	return r.envelope(v.Title, notify.DigestText(d), "digest.html", v)
}

package email

import (
	"net/mail"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/internal/yamlx"
)

// Kind is email in the table of receivers.
func Kind() notify.Kind {
	return notify.Kind{
		Name: "email",
		Help: "Mail, by a server that speaks SMTP.",
		Keys: []notify.Key{
			{Name: "server", Form: notify.Address, Needed: true, Help: "host:port of the mail server."},
			{Name: "tls", Form: notify.Word, Words: []string{StartTLS, Implicit, Plain}, Help: "starttls, tls from the first byte on, or none. Default: starttls."},
			{Name: "server_name", Help: "The name in the server's certificate. Default: its host."},
			{Name: "ca_file", Form: notify.Path, Help: "Certificates of the authorities. Default: the system's."},
			{Name: "username", Help: "With password_file."},
			{Name: "password_file", Form: notify.Path, Help: "The file that holds the password."},
			{Name: "from", Needed: true, Help: "The sender's address."},
			{Name: "to", Form: notify.Texts, Needed: true, Help: "One address or a list."},
			{Name: "plots", Form: notify.Word, Words: []string{"on", "off"}, Help: "Pictures of the worst fields of a message. Default: on."},
			{Name: "timeout", Form: notify.Duration, Help: "Of the conversation. Default: 10s."},
		},
		Read: read, Digests: notify.Digests,
	}
}

func read(s notify.Section) notify.Options {
	o := Options{
		Server:     s.Need("server").Address(),
		TLS:        s.Get("tls").OneOf(StartTLS, StartTLS, Implicit, Plain),
		ServerName: s.Get("server_name").Name(),
		CAFile:     s.File("ca_file"),
		Username:   s.Get("username").Name(),
		From:       address(s.Need("from")),
		NoPlots:    s.Get("plots").OneOf("on", "on", "off") == "off",
		Timeout:    s.Timeout(),
	}
	for _, c := range s.Need("to").OneOrList() {
		if a := address(c); a != "" {
			o.To = append(o.To, a)
		}
	}
	if to := s.Get("to"); to.IsList() && len(to.List()) == 0 {
		to.Must("not be empty")
	}
	if !s.RefuseInline("password") {
		o.PasswordFile = s.File("password_file")
		if s.Has("username") != s.Has("password_file") {
			s.At().Errorf("missing-key", "username and password_file belong together")
		}
	}
	return o
}

func address(c yamlx.Cursor) string {
	text := c.Name()
	if text == "" {
		return ""
	}
	if _, err := mail.ParseAddress(text); err != nil {
		c.Must("be an address such as team@example.com or \"Team <team@example.com>\", not %q", text)
		return ""
	}
	return text
}

// New implements notify.Options.
func (o Options) New() (alerting.Receiver, error) { return New(o) }

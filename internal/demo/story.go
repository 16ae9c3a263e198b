package demo

import (
	"context"
	"fmt"
	"time"
)

// tour tells the story on the screen: what is done to the traffic, where to
// look, and in the end what was found.
type tour struct {
	out     *screen
	files   Files
	program string // how the commands are called that are proposed
	start   time.Time
	watcher *watcher
}

func (t *tour) banner() {
	url := baseURL(t.files.Listen)
	t.out.print(fmt.Sprintf(`%s
A film service asks a churn model 200 times a second: will this customer leave?
Requests and answers go to a Kafka broker in this process. The daemon reads them
there and compares every 10 seconds of them with the training data.

  overview     %[2]s/
  a monitor    %[2]s/monitors/%[3]s
  a field      %[2]s/monitors/%[3]s/fields/monthly_charge
  status       %[2]s/status
  metrics      %[2]s/metrics
  alerts, API  %[2]s/api/v1/alerts
  files        %[4]s

The story takes five minutes. Then it goes on until it is interrupted.

`, t.out.paint(bold, "driftwatch demo"), url, inputsMonitor, t.files.Dir))
}

// A moment is what the person is told at some time since the start.
type moment struct {
	at          time.Duration
	title, text string
	page        string // to look at, "" for none
}

const fieldPages = "/monitors/" + inputsMonitor + "/fields/"

var moments = []moment{
	{0, "Ordinary traffic", "Some records are late, some damaged, and every 20 seconds a\ntransaction is rolled back. No alert is due.", ""},
	{BugBegin, "Chapter 1: a pricing bug", "Who pays by the android app in " + bugCountry + " is billed twice: one request in\nfourteen. In all of them together the charges look as they did:", fieldPages + "monthly_charge"},
	{BugEnd, "", "The bug is fixed.", ""},
	{RolloutBegin, "Chapter 2: a new app version", "App " + newVersion + " goes out to 5 % of the apps, then 20, 40, 60. It\ncalls data_gb by another name: to us the field is null.", fieldPages + "app_version"},
	{RolloutEnd, "", newVersion + " is rolled back.", ""},
	{CreepBegin, "Chapter 3: a slow drift", "The model goes on learning, from customers who were made an offer. Its\nscore rises from window to window, each time by too little to be seen.", "/monitors/" + predictionsMonitor + "/fields/score?check=ks"},
	{CreepEnd, "", "Last week's model is back.", ""},
}

// tell prints each moment when its time has come, and the sum-up after them.
func (t *tour) tell(ctx context.Context) {
	for _, m := range moments {
		if !t.wait(ctx, m.at) {
			return
		}
		t.out.note(t.moment(m))
	}
	if !t.wait(ctx, StoryEnd) {
		return
	}
	t.sumUp()
	t.out.print(t.next())
}

// wait waits for a time of the story.
func (t *tour) wait(ctx context.Context, at time.Duration) bool {
	timer := time.NewTimer(at - time.Since(t.start))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *tour) moment(m moment) string {
	text := m.text
	if m.title != "" {
		text = t.out.paint(bold, m.title) + "\n" + text
	}
	if m.page != "" {
		text += "\n" + t.out.paint(link, baseURL(t.files.Listen)+m.page)
	}
	return text
}

// next proposes commands for another terminal. They work while the demo runs.
func (t *tour) next() string {
	url, dir := baseURL(t.files.Listen), t.files.Dir
	return fmt.Sprintf(`Try in another terminal, while this goes on (Ctrl-C ends it):

  # what the rules would have done, from the records that the broker still has
  %[1]s replay -c %[2]s/driftwatch.yaml
  # the tests of the rules
  %[1]s test %[2]s/tests/churn.yaml
  # the scores of the training data and of the end of chapter 3
  %[1]s compare %[2]s/references/predictions.jsonl %[2]s/samples/drifted.jsonl --checks ks
  # nobody is told of one monitor's alerts for ten minutes
  %[1]s silence add monitor=%[3]s --for 10m --comment demo --url %[4]s

  %[4]s/

`, t.program, dir, inputsMonitor, url)
}

package app

import (
	"context"
	"errors"
	"math"

	"driftwatch/alerting/notify"
	"driftwatch/internal/plot"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors/profile"
	"driftwatch/rules"
)

// What has room in a picture on a phone.
const (
	pictureBins       = 24
	pictureCategories = 10
)

// picture is an alerting.Picture. There is none of what is redacted, nor of a window
// whose profiles are not kept any more.
func (d *daemon) picture(_ context.Context, a *rules.Alert) ([]byte, error) {
	if a.Redacted {
		return nil, nil
	}
	c, err := d.Compared(a.Monitor, a.WindowEnd, a.Segment, a.Field)
	if refusal := (*snapshot.Refusal)(nil); errors.As(err, &refusal) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return draw(a, c.Reference, c.Current)
}

func draw(a *rules.Alert, reference, current *profile.Profile) ([]byte, error) {
	n := pictureCategories
	if current.Kind().Numeric() {
		n = pictureBins
	}
	bars := plot.Compare(reference, current, n)
	if len(bars.Bars) == 0 {
		return nil, nil
	}
	return plot.PNG(bars, plot.Caption{
		Title: notify.PictureTitle(a),
		Below: notify.OneLine(a.Monitor, 40) + " · " + notify.Span(a.WindowStart, a.WindowEnd),
	})
}

// samplePicture is of made-up values, as the sample message is.
func samplePicture(_ context.Context, a *rules.Alert) []byte {
	reference, current := profile.New(profile.Options{Kind: profile.Number}), profile.New(profile.Options{Kind: profile.Number})
	for i := range 500 {
		x := math.Sqrt2 * math.Erfinv(float64(2*i+1)/500-1) // normally distributed
		reference.ObserveNumbers([]float64{50 + 10*x})
		current.ObserveNumbers([]float64{65 + 14*x})
	}
	image, err := draw(a, reference, current)
	if err != nil {
		return nil // a sample without it is one, too
	}
	return image
}

package dashboards

// Values that links have in them, written for an address.
const (
	theMonitor   = "${monitor:percentencode}"
	theField     = "${field:percentencode}"
	monitorOfRow = "${__data.fields.monitor:percentencode}"
	fieldOfRow   = "${__data.fields.field:percentencode}"
	fieldOfLine  = "${__field.labels.field:percentencode}"
	checkOfRow   = "${__data.fields.check:percentencode}"
	// The whole stream has no label of this name. Nothing is put there then,
	// which is its name in addresses of the page, too.
	segmentOfRow  = "${__data.fields.segment:percentencode}"
	segmentOfLine = "${__field.labels.segment:percentencode}"
)

// onPage links to the daemon's page, which a window of its own shows.
func onPage(title, url string) dataLink { return dataLink{title, url, true} }

func pageOfField(page, monitor, field, query string) string {
	return pageOfMonitor(page, monitor) + "/fields/" + field + query
}

func pageOfMonitor(page, monitor string) string { return page + "/monitors/" + monitor }

// onMonitor and onField link to other dashboards, with the same data source and
// time.
func onMonitor(monitor string) dataLink {
	return dataLink{"Dashboard of the monitor", "/d/" + monitorUID + "?${datasource:queryparam}&var-monitor=" + monitor + "&${__url_time_range}", false}
}

func onField(field string) dataLink {
	return dataLink{"Dashboard of the field", "/d/" + fieldUID + "?${datasource:queryparam}&${monitor:queryparam}&${segment:queryparam}&var-field=" + field + "&${__url_time_range}", false}
}

// toPage stands at the top of a dashboard.
func toPage(title, url string) link {
	return link{Type: "link", Title: title, Icon: "external link", URL: url, Tags: []string{}, TargetBlank: true}
}

// toOthers lists the other dashboards.
func toOthers() link {
	return link{Type: "dashboards", Title: "Driftwatch", Icon: "external link", Tags: []string{tag}, AsDropdown: true, IncludeVars: true, KeepTime: true}
}

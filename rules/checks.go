package rules

func fieldless(check string) bool {
	return check == "volume" || check == "freshness" || check == "duplicates" || check == "unknown_fields"
}

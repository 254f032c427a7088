# mofa completion for PowerShell: mofa completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName mofa -ScriptBlock {
	param($wordToComplete, $commandAst, $cursorPosition)
	$words = @($commandAst.CommandElements | Select-Object -Skip 1 |
		Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
	# Older versions drop an empty argument, so it is sent as two quotes.
	$current = if ($wordToComplete) { $wordToComplete } else { '""' }
	mofa __complete @words $current 2>$null | ForEach-Object {
		$value, $summary = $_ -split [char]9, 2
		if ($value -eq ':files') {
			[System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
		} else {
			$tip = if ($summary) { $summary } else { $value }
			[System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $tip)
		}
	}
}

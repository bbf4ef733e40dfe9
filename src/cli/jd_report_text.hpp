#pragma once

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/quality_report.hpp>

#include <string>
#include <vector>

namespace kefu_cli {

/// The report as a table for a terminal, with what is missing below it.
std::string report_table(const kefu::jd::QualityReport& report);
/// The report as one JSON object; what is absent is left out.
std::string report_json(const kefu::jd::QualityReport& report);
/// "missing: sessions of zhang, 2024-06-01 to 2024-06-07: ..." each in a line.
std::string missing_lines(const kefu::jd::QualityReport& report);

/// Evaluations, oldest first: as a table, as CSV (see CsvWriter), or one JSON object per line.
std::string evaluations_table(const std::vector<kefu::jd::Evaluation>& evaluations);
std::string evaluations_csv(const std::vector<kefu::jd::Evaluation>& evaluations);
std::string evaluations_json(const std::vector<kefu::jd::Evaluation>& evaluations);

}  // namespace kefu_cli

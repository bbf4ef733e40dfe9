#include "cli/input.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

namespace kefu_cli {

bool read_input(const std::string& path, std::string& out) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

bool read_secret_file(const std::string& path, std::string& out) {
  if (!read_input(path, out)) return false;
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  return true;
}

}  // namespace kefu_cli

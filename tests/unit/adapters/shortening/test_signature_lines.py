from __future__ import annotations

import pytest

from orchestra.adapters.shortening.signature_lines import begins_like_code, is_definition, is_import, is_signature

SIGNATURES = {
    "Python": ["import os", "from typing import Any", "MAX_SIZE = 10", "@dataclass(frozen=True)", "class Store(Base):",
               "async def load(path: str) -> bytes:", "    def save(self, path):"],
    "JavaScript": ['import { a } from "./a";', 'const fs = require("fs");', "export default class Store extends Base {",
                   "export function load(path) {", "  async save(path, bytes) {", "const add = (a, b) => a + b;",
                   "export const twice = async x => x * 2;"],
    "TypeScript": ["export interface Row {", "export type Id = string | number;", "enum Color {",
                   "  private readonly rows: Map<string, Row> = new Map();",
                   "  public async load(path: string): Promise<Row[]> {"],
    "Go": ["package store", 'import "fmt"', "type Store struct {",
           "func (s *Store) Load(path string) ([]byte, error) {"],
    "Rust": ["use std::fs;", "pub struct Store {", "pub(crate) async fn load(path: &Path) -> Result<Vec<u8>> {",
             "impl<T: Clone> Store for Disk<T> {", "#[derive(Debug)]", "pub enum Kind {", "macro_rules! keep {"],
    "Java": ["package org.example;", "import java.util.List;", "public final class Store extends Base {",
             "    private final List<Row> rows;", "    @Override", "    Store(int size) {",
             "    public synchronized List<Row> load(String path) throws IOException {"],
    "C": ["#include <stdio.h>", "#define MAX_SIZE 10", "struct store {", "int store_save(struct store *store);",
          "static int store_load(struct store *store, const char *path)"],
    "C++": ["namespace store {", "class Store : public Base {", "template <typename T>",
            "  std::vector<Row> load(const std::string& path) const override {",
            "Store::Store(int size) : size_(size) {", "using Rows = std::vector<Row>;"],
    "Ruby": ['require "json"', "module Store", "  class Disk < Base", "    def self.open(path)"],
    "PHP": ["namespace App\\Store;", "use App\\Base;", "final class Store extends Base",
            "    public function load(string $path): array", "    private function save(array $rows): void {"],
    "shell": ["load() {", "function save {", "save_all () {"],
    "SQL": ["CREATE TABLE rows (", "create table rows (", "CREATE UNIQUE INDEX rows_path ON rows (path);",
            "CREATE OR REPLACE FUNCTION load(path text) RETURNS text AS $$", "ALTER TABLE rows ADD COLUMN size int;"],
}


@pytest.mark.parametrize("line", [
    pytest.param(line, id="%s: %s" % (language, line)) for language, lines in SIGNATURES.items() for line in lines
])
def test_what_defines_declares_or_imports_is_a_signature(line: str) -> None:
    assert is_signature(line)


@pytest.mark.parametrize("line", [
    "", "    return value", "    x = compute(a, b)", "    if (x > 0) {", "    for (const row of rows) {",
    "    } else {", "    } catch (error) {",
    "    while (true) {", "    foo(bar);", '    throw new Error("x");', "    switch (x) {",
    "    let n = 5;", "    // a comment", "    # a comment", "    int n = load(path);", "    $x = load($path);",
    "SELECT * FROM rows;", '    fmt.Println("x")', "    else if (a) {", "    items.forEach(item => {", "type: text",
    "def " + "a" * 300 + "():",
])
def test_what_code_does_inside_is_no_signature(line: str) -> None:
    assert not is_signature(line)


def test_an_import_is_no_definition() -> None:
    assert is_import("from a import b") and not is_definition("from a import b")
    assert is_definition("def f():") and not is_import("def f():")


@pytest.mark.parametrize("text, expected", [
    ("\n\nimport os\n", True), ("#!/bin/sh\necho\n", True), ("// a comment\n", True), ("{\n", True),
    ("Dear reader,\n", False), ("FAILED test\n", False), ("", False), ("\n" * 30 + "import os\n", False),
])
def test_a_source_file_is_known_by_its_first_line_with_words(text: str, expected: bool) -> None:
    assert begins_like_code(text) is expected

import { expect, test } from 'bun:test'
import { countJunit } from '../../scripts/junit.ts'

test('passed, failed, skipped and todo cases are told apart, at any depth of nesting', () => {
  const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="6" failures="2" skipped="2">
  <testsuite name="a.test.ts" tests="6">
    <testcase name="passes" classname="" time="0.1" />
    <testcase name="fails" classname="">
      <failure type="AssertionError" message="expect(1).toBe(2)">at a.test.ts:3</failure>
    </testcase>
    <testcase name="skipped" classname="">
      <skipped />
    </testcase>
    <testsuite name="inner">
      <testcase name="todo" classname="inner">
        <skipped message="TODO" />
      </testcase>
      <testcase name="passes too" classname="inner" />
      <testcase name="breaks" classname="inner"><error message="boom" /></testcase>
    </testsuite>
  </testsuite>
</testsuites>`
  expect(countJunit(report)).toEqual({ passed: 2, failed: 2, skipped: 2 })
})

test('a test whose name and message look like elements is counted once', () => {
  const report = `<testcase name="&lt;failure&gt; &lt;testcase name=&quot;x&quot;/&gt;" />
    <testcase name="b"><failure message="&lt;/testcase&gt;&lt;skipped /&gt;">&lt;/testcase&gt;</failure></testcase>`
  expect(countJunit(report)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('an empty or cut-off report counts what is complete', () => {
  expect(countJunit('')).toEqual({ passed: 0, failed: 0, skipped: 0 })
  expect(countJunit('<testcase name="a" /><testcase name="b"><fail')).toEqual({
    passed: 1,
    failed: 0,
    skipped: 0,
  })
})

"""Moments in templates of any door."""

from django import template

from compliance import moments

register = template.Library()

register.filter("moment", moments.moment)
register.filter("exact", moments.to_the_second)
register.simple_tag(moments.marked, name="marked")
